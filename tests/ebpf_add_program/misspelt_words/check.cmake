# misspelt(<name> <right word> <code>): writes a source. The build must suggest the right word: clang or
# EbpfKit does so.
set(names "")
function(misspelt name word code)
  set(text
      [=[
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u32);
} events SEC(".maps");

static struct task_struct* task(void) {
  return (void*)bpf_get_current_task();
}

]=])
  string(APPEND text "${code}\n\nchar LICENSE[] SEC(\"license\") = \"GPL\";\n")
  file(WRITE "${source_dir}/${name}.bpf.c" "${text}")
  set(word_of_${name} "${word}" PARENT_SCOPE)
  list(APPEND names ${name})
  set(names "${names}" PARENT_SCOPE)
endfunction()

# in_function(<name> <right word> <statement>)
macro(in_function name word statement)
  misspelt(${name} "${word}"
           "SEC(\"raw_tp/sys_enter\") int f(void* c) { __u32 k = 0; ${statement} }")
endmacro()

in_function(record task_struct "struct task_strcut* t = c; return BPF_CORE_READ(t, pid);")
in_function(record_member task_struct "struct task_strcut* t = c; return t->pid;")
in_function(definition pid_t "pid_tt id = 1; return id;")
in_function(pointer pid_t "pid_tt* id = c; return *id;")
in_function(member tgid "return BPF_CORE_READ(task(), tgdi);")
in_function(inner_member real_parent "return BPF_CORE_READ(task(), real_parnet, tgid);")
in_function(map events "return !!bpf_map_lookup_elem(&evnets, &k);")
in_function(flag BPF_NOEXIST "return bpf_map_update_elem(&events, &k, &k, BPF_NOEXSIT);")
in_function(protocol ETH_P_IPV6 "return k == bpf_htons(ETH_P_IPV7);")
in_function(verdict TC_ACT_SHOT "return TC_ACT_SHOOT;")
in_function(constant XDP_PASS "return XDP_PSAS;")
in_function(helper bpf_get_smp_processor_id "return bpf_get_smp_procesor_id();")
in_function(print bpf_printk "bpf_prink(\"x\"); return 0;")
in_function(field bpf_core_field_exists "return bpf_core_field_exist(task()->pid);")
in_function(enumeration bpf_func_id
            "return bpf_core_enum_value(enum bpf_func_di, BPF_FUNC_map_lookup_elem);")
in_function(size ethhdr "return sizeof(struct etherhdr);")
misspelt(map_type BPF_MAP_TYPE_ARRAY
         "struct { __uint(type, BPF_MAP_TYPE_ARRYA); } m SEC(\".maps\");")
misspelt(map_attribute max_entries "struct { __uint(max_entreis, 1); } m SEC(\".maps\");")
misspelt(map_section "maps belong into SEC(\".maps\")"
         "struct { __uint(type, BPF_MAP_TYPE_ARRAY); } m SEC(\".mpas\");")
misspelt(macro BPF_PROG "SEC(\"fentry\") int BPF_PROGG(f, int x) { return 0; }")
misspelt(section "write SEC(\"xdp\")" "SEC(\"xpd\") int f(struct xdp_md* c) { return XDP_PASS; }")
misspelt(hook "the nearest is SEC(\"kprobe/do_unlinkat\")"
         "SEC(\"kprobe/do_unlinkta\") int f(void* c) { return 0; }")
misspelt(header "the header of kernel types is called vmlinux.h here" "#include \"vmlinx.h\"")
misspelt(libbpf_header bpf/bpf_helpers.h "#include <bpf/bpf_helper.h>")
# pahole tags kernel functions since version 1.27.
file(STRINGS /sys/kernel/btf/vmlinux tagged REGEX "bpf_kfunc")
if(tagged)
  in_function(kernel_function bpf_task_from_pid "return !bpf_task_from_pdi(1);")
endif()

configure()
expect_success("configuring")
set(gaps "")
foreach(name IN LISTS names)
  build(--target ${name})
  set_property(GLOBAL PROPERTY case_failed_step "")
  # Commands of Ninja and lines of the source have the misspelt word only.
  string(REGEX REPLACE "[ \t\r\n]+" " " flat "${output}")
  set(word "${word_of_${name}}")
  string(FIND "${flat}" "${word}" position)
  # A word is among clang's or EbpfKit's suggestions. A text with blanks is a message's own.
  if(position EQUAL -1 OR (NOT word MATCHES " " AND NOT flat MATCHES
                                                    "did you mean '${word}'|nearest: [^.]*${word}"))
    string(APPEND gaps "\n${name}, '${word}':\n${output}")
  endif()
endforeach()
if(gaps)
  message(FATAL_ERROR "Messages that do not have the right word:${gaps}")
endif()

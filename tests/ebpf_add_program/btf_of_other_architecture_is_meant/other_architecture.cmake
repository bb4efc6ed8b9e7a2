# other_btf: BTF with the registers of the architecture `other`, which is not `wanted`.
set(other arm64)
set(wanted x86)
set(other_btf "${CMAKE_BINARY_DIR}/arm64.btf")
file(WRITE "${CMAKE_BINARY_DIR}/types.c"
     "struct pt_regs { unsigned long regs[31], sp, pc, pstate; }; struct pt_regs *registers;
   struct file { int f_flags; }; struct file *file;")
execute_process(COMMAND clang --target=bpf -g -c "${CMAKE_BINARY_DIR}/types.c" -o "${other_btf}"
                        COMMAND_ERROR_IS_FATAL ANY)

// Stands in for the header of kernel types while `ebpfkit compile` preprocesses a source to see
// what it uses. The word tells that the source includes the header at all.
typedef int ebpfkit_kernel_types_are_included;

// The real header defines it too. Sources ask for it before they define types themselves.
#define __VMLINUX_H__

# The usage text comes from the command's documentation.
set(configure_fails TRUE)
set(expected_texts
    "ebpf_export_types: TYPES has no value." "Write: ebpf_export_types(<name> TYPES <type>..."
    "[NAMESPACE <namespace>] [HEADER <file-name>])")

#[=[.rst:
Keeps what it got::

  ebpf_paint(<name> COLOUR <colour> [WALLS <wall>...])
#]=]
function(ebpf_paint name)
  set(arguments "${ARGN}")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COLOUR;COLOR;TINT" "WALLS;PLACES")
  _ebpf_check_arguments(ebpf_paint REQUIRED COLOUR SINGLE COLOUR)
  set_property(GLOBAL PROPERTY painted "${arg_COLOUR}|${arg_WALLS}")
endfunction()

include("${KIT_DIR}/tests/toolchains/included_presets/check_application.cmake")

build(--target needs_btf)
set(expected_texts "fentry/do_exit")
expect_failure("building a program that needs the kernel's own BTF")

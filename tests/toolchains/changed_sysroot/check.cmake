# expect_refusal(<what>): the step failed and named the files and the way out.
function(expect_refusal what)
  expect_failure_of(
    "${what}" "files of the sysroot '${sysroot}' are not as they were made"
    "usr/include/zlib.h is changed" "usr/lib/libm.a is missing" "usr/lib/libmore.a is extra"
    "ebpfkit sysroot remove")
endfunction()

file(GLOB sysroot "${WORK_DIR}/cache/sysroots/aarch64-*")
list(FILTER sysroot EXCLUDE REGEX "state$")
file(READ "${sysroot}/usr/include/zlib.h" header)
file(APPEND "${sysroot}/usr/include/zlib.h" "int more(void);\n")
file(RENAME "${sysroot}/usr/lib/libm.a" "${WORK_DIR}/libm.a")
file(WRITE "${sysroot}/usr/lib/libmore.a" "")

configure()
expect_refusal("configuring with a changed sysroot")
expect_output("the libraries of the target aarch64 cannot be made, see above")
configure(--fresh ${configure_arguments})
expect_refusal("configuring a new build directory with a changed sysroot")
try("${PREFIX}/bin/ebpfkit" sysroot verify aarch64 --cache "${WORK_DIR}/cache")
expect_failure_of("verifying" "usr/include/zlib.h is changed" "usr/lib/libm.a is missing"
                  "usr/lib/libmore.a is extra")

# The same files again are the same sysroot, whatever their times are.
file(WRITE "${sysroot}/usr/include/zlib.h" "${header}")
file(RENAME "${WORK_DIR}/libm.a" "${sysroot}/usr/lib/libm.a")
file(REMOVE "${sysroot}/usr/lib/libmore.a")
configure(${configure_arguments})
expect_success("configuring with the sysroot as it was")

# The whole tool takes minutes, so that this is left to the night (consumer.fetch_content.with_host_tool). One of its
# libraries tells that it compiles as a part of another project.
set(configure_arguments -DCMAKE_BUILD_TYPE=Release)
set(build_arguments --target ebpfkit_support)

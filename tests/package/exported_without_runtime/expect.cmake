set(configure_fails TRUE)
set(expected_texts
    "includes target \"skeleton\" which requires target \"ebpfkit_runtime\" that is not in any export set"
)

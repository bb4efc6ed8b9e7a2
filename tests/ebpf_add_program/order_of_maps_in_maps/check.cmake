configure(-DWRONG=ON)
expect_success("configuring with the wrong order")
build()
set(expected_texts
    "map 'table_of_tables' has map 'table' as an initial value, and 'table' is defined behind it"
    "Define 'table' before 'table_of_tables': in one source, or in a source that stands before the other one in SOURCES."
)
expect_failure("linking with the wrong order")

expect_output("map 'counts': no libbpf knows the attribute 'max_entires'; nearest: max_entries")
expect_output("map 'counts': no libbpf knows the attribute 'kye'; nearest: key")
expect_output("libbpf reads no SEC(\"map\"); maps belong into SEC(\".maps\")")
expect_no_output("'known'")

expect_output("prog.bpf.o': no source gives the license;")
expect_output("Add to one source: char LICENSE[] SEC(\"license\") = \"GPL\";")
expect_no_output("data.bpf.o': no source gives the license;")

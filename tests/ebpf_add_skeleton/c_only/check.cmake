run("${build_dir}/application")

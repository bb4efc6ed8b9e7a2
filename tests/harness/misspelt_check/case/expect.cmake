set(only_builds TRUE)

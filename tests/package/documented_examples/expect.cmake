# Configuring and building is what this case is for.
set(only_builds TRUE)

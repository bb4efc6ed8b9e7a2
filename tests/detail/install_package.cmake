# Installs EbpfKit into an empty directory: cmake -DBUILD_DIR= -DPREFIX= -P install_package.cmake
#
# Files of an earlier installation would hide that an install rule left them out.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${PREFIX}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${PREFIX}"
                        COMMAND_ERROR_IS_FATAL ANY)

# Finds the newest LLVM of the versions that gocc knows, under /usr/lib/llvm-NN as Debian installs them, or
# under GOCC_LLVM. Sets GOCC_LLVM_DIR, GOCC_LIBCLANG (the library that the translator opens at run time).
set(GOCC_LLVM "" CACHE PATH "directory of an LLVM installation (default: the newest /usr/lib/llvm-NN)")

foreach(version 22 21 20 19 18 17)
    list(APPEND candidates /usr/lib/llvm-${version})
endforeach()
if(GOCC_LLVM)
    set(candidates ${GOCC_LLVM})
endif()
foreach(directory ${candidates})
    file(GLOB library ${directory}/lib/libclang.so ${directory}/lib/libclang-*.so.1
         ${directory}/lib/libclang.so.*)
    if(EXISTS ${directory}/include/clang-c/Index.h AND library)
        set(GOCC_LLVM_DIR ${directory})
        list(GET library 0 GOCC_LIBCLANG)
        break()
    endif()
endforeach()
if(NOT GOCC_LLVM_DIR)
    message(FATAL_ERROR "no libclang 17 to 22 under /usr/lib/llvm-*: apt-get install libclang-22-dev")
endif()
message(STATUS "libclang: ${GOCC_LIBCLANG}")

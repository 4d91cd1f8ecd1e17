// A program of plain C, compiled by gcc, uses a .gc library that it is linked with, or loads, from its threads, too; and a second one, if that
// finds the runtime of the first.
// UNSUPPORTED: asan, tsan
// RUN: %gocc -O2 -fPIC -shared %S/Inputs/gc_library.gc -o %t.a.so && cp %t.a.so %t.b.so && gcc -O2 %s -o %t -pthread
// RUN: %t %t.a.so %t.b.so | FileCheck %s
// RUN: gcc -O2 -DLINKED %s %t.a.so -o %t.linked -pthread && %t.linked %t.a.so | FileCheck %s
#include "Inputs/load.h"
// CHECK: 4950 100 84 1225
// CHECK-NEXT: 4950 100 84 1225
#ifdef LINKED
int lib_sum(int), lib_keep(int), lib_call(int (*)(int), int);
#endif
int main(int argc, char **argv) {
#ifdef LINKED
    printf("%d %d %d %d\n", lib_sum(100), lib_keep(1000), lib_call(twice, 21), lib_sum(50));
#endif
    return load(argc, argv, RTLD_GLOBAL);
}

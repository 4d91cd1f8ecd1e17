#include <stdio.h>
#include "sum.h"
int main(void) { printf("sum %d\n", sum(10)); return 0; }

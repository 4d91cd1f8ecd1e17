#include <stdio.h>
int sum_with_goroutines(int n, int (*f)(int));
static int square(int x) { return x * x; }
int main(void) {
    printf("sum of squares %d\n", sum_with_goroutines(10, square));
    printf("again %d\n", sum_with_goroutines(10, square));
    return 0;
}

#include <cstdio>
extern "C" int count(int), below(void), words(void);
int main() { std::printf("%d from C++, %d from below, %d in words\n", count(3), below(), words()); }

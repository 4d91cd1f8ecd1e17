// squares.h - for .gc files and for .c files, which see what they can read.
#define SQUARES_AHEAD 4         // how many are made before somebody asks


#ifdef __GOCC__
<-chan(long) squares(int n);    // 1, 4, 9, ... n * n
#endif

// title.c - plain C in the same program.
#include "squares.h"

const char *title(void) { return "sum of squares"; }

// layout.c - the layout that says nothing: every word may be a pointer.
#include "base/abi.h"

const struct go__layout go__layout_any = {1, {1}};

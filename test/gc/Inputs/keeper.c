// A shared library in plain C with a variable for a pointer.
static void *kept[3] = {(void *)1};
void keeper_put(int i, void *p) { kept[i] = p; }
void *keeper_get(int i) { return kept[i]; }

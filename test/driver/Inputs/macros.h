#define IN_HEADER(x) x = nothing1
static inline void hh(chan(int) c) {
	c <- nothing2;
}

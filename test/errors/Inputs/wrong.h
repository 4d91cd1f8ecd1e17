// Read by places-in-macros-and-headers.gc.
static inline void from_header(<-chan(int) in)
{
    in <- 1;
}

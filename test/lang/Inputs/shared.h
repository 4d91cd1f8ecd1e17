// Shared by two-files-share-a-channel.gc and other_file.gc.
#ifndef SHARED_H
#define SHARED_H
struct message {
    unsigned number;
    chan(unsigned) back;
};
extern chan(unsigned) numbers;
extern int close_count;
void answer(chan<-(struct message) replies);
static inline unsigned next_number(<-chan(unsigned) from) { return <-from + 1; }
#endif

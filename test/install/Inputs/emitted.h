// A header with constructs.
chan(int) emitted_channel;

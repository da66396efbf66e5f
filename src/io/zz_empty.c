typedef int mp_io_empty;

typedef int mp_guard_empty;

typedef int mp_echo_empty;

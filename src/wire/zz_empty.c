typedef int mp_wire_empty;

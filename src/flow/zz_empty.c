typedef int mp_flow_empty;

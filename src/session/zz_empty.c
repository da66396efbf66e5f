typedef int mp_session_empty;

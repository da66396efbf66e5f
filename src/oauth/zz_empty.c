typedef int mp_oauth_empty;

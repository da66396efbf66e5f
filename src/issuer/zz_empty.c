typedef int mp_issuer_empty;

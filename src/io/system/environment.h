/* environment.h - variables of the environment; what is empty is not there. */
#ifndef MP_IO_SYSTEM_ENVIRONMENT_H
#define MP_IO_SYSTEM_ENVIRONMENT_H

/* NULL: it is unset, or empty. */
const char *mp_environment(const char *name);

#endif

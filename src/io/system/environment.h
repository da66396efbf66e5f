/* environment.h - variables of the environment; what is empty is not there. */
#pragma once

/* NULL: it is unset, or empty. */
const char *mp_environment(const char *name);

#include "io/store/libpq.h"
#ifdef MCPASS_LIBPQ
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include "base/text.h"

/* Version 5 has been its number since 2006, and only grows. */
static const char *const libraries[] = { "libpq.so.5", "libpq.5.dylib" };

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define ROW(name) { #name, offsetof(struct mp_libpq, name) },
	MP_LIBPQ_FUNCTIONS(ROW)
};
static struct mp_libpq loaded;
static bool is_loaded;
static const char *missing;     /* what it has not got */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* It stays loaded: what it sets up (TLS) is not undone. */
static void load(void)
{
	void *library = NULL;

	for (size_t i = 0; i < MP_COUNT(libraries) && library == NULL; i++)
		library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
	missing = libraries[0];
	if (library == NULL)
		return;
	for (size_t i = 0; i < MP_COUNT(functions); i++) {
		void *symbol = dlsym(library, functions[i].name);

		missing = functions[i].name;
		if (symbol == NULL)
			return;
		memcpy((char *)&loaded + functions[i].at, &symbol, sizeof(symbol));
	}
	is_loaded = true;
}

enum mcpass_rc mp_libpq_load(const struct mp_libpq **ret_pq, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	(void)pthread_once(&once, load);
	if (is_loaded) {
		*ret_pq = &loaded;
	} else {
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "PostgreSQL's client library has no %s", missing);
		mp_hint(err, "Install it: apt install libpq5, dnf install libpq, brew install libpq.");
	}
	return rc;
}
#endif

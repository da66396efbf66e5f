/* The linker sends every allocation of the tested code here (--wrap), and jansson's are
 * sent here by its own hook; the product knows nothing of it. */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

static bool armed, hit, counting = true;
static size_t left;
static _Atomic long live;        /* servers under test have threads */

void mp_test_fail_alloc(size_t n)
{
	armed = true;
	hit = false;
	left = n;
}

void mp_test_no_fail(void)
{
	armed = false;
}

bool mp_test_alloc_failed(void)
{
	return hit;
}

size_t mp_test_allocs_left(void)
{
	return left;
}

long mp_test_live_blocks(void)
{
	return live;
}

void mp_test_count_allocs(bool on)
{
	counting = on;
}

static bool refuse(void)
{
	if (!armed || !counting || left-- > 0)
		return false;
	armed = false;
	hit = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *block)
{
	if (block != NULL)
		live++;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return refuse() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
	void *grown;

	if (refuse())
		return NULL;
	grown = __real_realloc(block, size);
	return block == NULL ? counted(grown) : grown;
}

void __wrap_free(void *block)
{
	if (block != NULL)
		live--;
	__real_free(block);
}

char *__wrap_strdup(const char *text)
{
	return refuse() ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t len)
{
	return refuse() ? NULL : counted(__real_strndup(text, len));
}

__attribute__((constructor)) static void hook_jansson(void)
{
	json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

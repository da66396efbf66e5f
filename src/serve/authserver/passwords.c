#include "serve/authserver/passwords.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/entropy.h"
#include "serve/authserver/workers.h"
#include "wire/jose/crypto.h"

/* One comparison.  While it is under way, its texts are the worker's. */
enum state { FREE = 0, UNDER_WAY, RIGHT, WRONG, BROKEN };
struct entry {
	struct mp_passwords *passwords;
	enum state state;
	uint8_t name[MP_SHA256_LEN];    /* what stands for password and line */
	bool remember;
	uint64_t used;                  /* when it was asked for last: a count */
	char *password, *line;          /* while it is under way */
	unsigned cost;
};

struct mp_passwords {
	struct mp_workers *workers;
	uint8_t key[MP_SHA256_LEN];
	uint64_t asked;
	void (*done)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;           /* of the entries */
	struct entry entries[MP_MAX_PASSWORDS];
};

/* Under a key of this process: what is remembered tells nothing to a reader of a dump who
 * has not got the key, and is compared at once. */
static enum mcpass_rc name_ask(const struct mp_passwords *passwords,
    const struct mp_password_ask *ask, uint8_t ret_name[MP_SHA256_LEN], struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_PASSWORD + MP_MAX_URI);
	enum mcpass_rc rc;

	mp_buf_add(&text, ask->line, strlen(ask->line) + 1);
	mp_buf_adds(&text, ask->password);
	rc = mp_buf_check(&text, "a password", err);
	if (!rc)
		rc = mp_hmac_sha256(passwords->key, sizeof(passwords->key), text.data, text.len,
		    ret_name, err);
	mp_buf_free(&text);
	return rc;
}

static void forget_texts(struct entry *entry)
{
	mp_free_wiped(entry->password);
	free(entry->line);
	entry->password = NULL;
	entry->line = NULL;
}

/* --- in a worker --- */

static void compare(void *ctx)
{
	struct entry *entry = ctx;
	enum mcpass_rc rc = mp_password_check(entry->password, entry->line, entry->cost, NULL);

	forget_texts(entry);
	(void)pthread_mutex_lock(&entry->passwords->lock);
	entry->state = rc == MCPASS_E_NOMEM ? BROKEN : rc ? WRONG : RIGHT;
	(void)pthread_mutex_unlock(&entry->passwords->lock);
}

static void tell(void *ctx)
{
	const struct entry *entry = ctx;

	entry->passwords->done(entry->passwords->ctx);
}

/* --- in the thread that serves --- */

enum mcpass_rc mp_passwords_new(void (*done)(void *ctx), void *ctx,
    struct mp_passwords **ret_passwords, struct mcpass_error *err)
{
	struct mp_passwords *passwords = calloc(1, sizeof(*passwords));
	enum mcpass_rc rc;

	if (passwords == NULL)
		return mp_nomem(err);
	passwords->done = done;
	passwords->ctx = ctx;
	(void)pthread_mutex_init(&passwords->lock, NULL);
	rc = mp_entropy(NULL, passwords->key, sizeof(passwords->key)) == 0 ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_IO, NULL, "there is no randomness");
	if (!rc)
		rc = mp_workers_new(mp_workers_for_computing(), MP_MAX_PASSWORDS / 2,
		    &passwords->workers, err);
	if (rc)
		mp_passwords_free(passwords);
	else
		*ret_passwords = passwords;
	return rc;
}

void mp_passwords_free(struct mp_passwords *passwords)
{
	if (passwords == NULL)
		return;
	mp_workers_free(passwords->workers);
	for (size_t i = 0; i < MP_COUNT(passwords->entries); i++)
		forget_texts(&passwords->entries[i]);
	(void)pthread_mutex_destroy(&passwords->lock);
	mp_wipe(passwords, sizeof(*passwords));
	free(passwords);
}

/* --- with the lock --- */

static struct entry *find(struct mp_passwords *passwords, const uint8_t name[MP_SHA256_LEN])
{
	for (size_t i = 0; i < MP_COUNT(passwords->entries); i++)
		if (passwords->entries[i].state != FREE
		    && mp_bytes_equal(passwords->entries[i].name, name, MP_SHA256_LEN))
			return &passwords->entries[i];
	return NULL;
}

/* A free entry, else the one that was asked for the longest time ago and is done; or NULL. */
static struct entry *find_room(struct mp_passwords *passwords)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < MP_COUNT(passwords->entries); i++) {
		struct entry *entry = &passwords->entries[i];

		if (entry->state == FREE)
			return entry;
		if (entry->state != UNDER_WAY && (oldest == NULL || entry->used < oldest->used))
			oldest = entry;
	}
	return oldest;
}

/* When too much is under way, nothing begins: the request waits until there is room. */
static enum mcpass_rc begin(struct mp_passwords *passwords, const struct mp_password_ask *ask,
    const uint8_t name[MP_SHA256_LEN], struct mcpass_error *err)
{
	struct entry *entry = find_room(passwords);
	const struct mp_work work = { compare, tell, entry };
	enum mcpass_rc rc;

	if (entry == NULL)
		return MCPASS_OK;
	*entry = (struct entry){ .passwords = passwords, .remember = ask->remember,
		.cost = ask->cost,
		.used = ++passwords->asked };
	memcpy(entry->name, name, MP_SHA256_LEN);
	rc = mp_set(&entry->password, ask->password, err);
	if (!rc)
		rc = mp_set(&entry->line, ask->line, err);
	if (!rc && mp_workers_submit(passwords->workers, &work, NULL) == MCPASS_OK)
		entry->state = UNDER_WAY;
	else
		forget_texts(entry);
	return rc;
}

static enum mcpass_rc answer(struct mp_passwords *passwords, struct entry *entry,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	enum state state = entry->state;

	if (state == UNDER_WAY)
		return MCPASS_OK;
	entry->used = ++passwords->asked;
	if (state != RIGHT || !entry->remember)
		entry->state = FREE;
	if (state == BROKEN)
		return mp_nomem(err);
	*ret_answer = state == RIGHT ? MP_PASSWORD_RIGHT : MP_PASSWORD_WRONG;
	return MCPASS_OK;
}

enum mcpass_rc mp_passwords_check(void *ctx, const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err)
{
	struct mp_passwords *passwords = ctx;
	uint8_t name[MP_SHA256_LEN];
	struct entry *entry;
	enum mcpass_rc rc = name_ask(passwords, ask, name, err);

	if (rc)
		return rc;
	*ret_answer = MP_PASSWORD_LATER;
	(void)pthread_mutex_lock(&passwords->lock);
	entry = find(passwords, name);
	rc = entry != NULL ? answer(passwords, entry, ret_answer, err)
	    : begin(passwords, ask, name, err);
	(void)pthread_mutex_unlock(&passwords->lock);
	return rc;
}

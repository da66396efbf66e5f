#include "serve/authserver/user_entry.h"
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"
#include "io/entropy.h"
#include "wire/jose/crypto.h"

static enum mcpass_rc make_entry(const char *const names[2], const char *name,
    const struct mp_secret *password, json_t **ret_entry, struct mcpass_error *err)
{
	uint8_t salt[16];
	char *line = NULL;
	json_t *entry;
	enum mcpass_rc rc;

	if (mp_entropy(NULL, salt, sizeof(salt)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes are to be had");
	rc = mp_password_hash(mp_secret_reveal(password), salt, MP_SCRYPT_LOG2, &line, err);
	if (rc)
		return rc;
	entry = json_pack("{s:s, s:s}", names[0], name, names[1], line);
	mp_free_wiped(line);
	if (entry == NULL)
		return mp_nomem(err);
	*ret_entry = entry;
	return MCPASS_OK;
}

enum mcpass_rc mp_user_entry_make(const char *username, const struct mp_secret *password,
    json_t **ret_entry, struct mcpass_error *err)
{
	static const char *const names[] = { "username", "password_hash" };

	return make_entry(names, username, password, ret_entry, err);
}

enum mcpass_rc mp_user_entry_make_client(const char *client_id, const struct mp_secret *secret,
    json_t **ret_entry, struct mcpass_error *err)
{
	static const char *const names[] = { "client_id", "client_secret_hash" };

	return make_entry(names, client_id, secret, ret_entry, err);
}

/* 12 letters of 5 bits: 60 bits, of which guessing one in time is hopeless. */
enum mcpass_rc mp_user_entry_new_password(struct mp_secret *ret_password,
    struct mcpass_error *err)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";       /* no l, o, 0, 1 */
	uint8_t bytes[12];
	char text[sizeof(bytes) + 3];
	size_t at = 0;
	enum mcpass_rc rc;

	if (mp_entropy(NULL, bytes, sizeof(bytes)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes are to be had");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i > 0 && i % 4 == 0)
			text[at++] = '-';
		text[at++] = letters[bytes[i] % 32];
	}
	text[at] = '\0';
	rc = mp_secret_set(ret_password, text, err);
	mp_wipe(bytes, sizeof(bytes));
	mp_wipe(text, sizeof(text));
	return rc;
}

enum mcpass_rc mp_user_entry_invent(struct mp_invented_users *ret_people, struct mcpass_error *err)
{
	struct mp_invented_users people = { .names = { "alice", "bob" } };
	json_t *list = json_array(), *entry = NULL;
	enum mcpass_rc rc = list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < MP_INVENTED && !rc; i++) {
		rc = mp_user_entry_new_password(&people.passwords[i], err);
		if (!rc)
			rc = mp_user_entry_make(people.names[i], &people.passwords[i], &entry, err);
		if (!rc && json_array_append_new(list, entry) != 0)
			rc = mp_nomem(err);
	}
	if (!rc && (people.json = mp_json_dump(list)) == NULL)
		rc = mp_nomem(err);
	json_decref(list);
	if (rc)
		mp_user_entry_free(&people);
	else
		*ret_people = people;
	return rc;
}

void mp_user_entry_free(struct mp_invented_users *people)
{
	for (size_t i = 0; i < MP_INVENTED; i++)
		mp_secret_free(&people->passwords[i]);
	mp_free_wiped(people->json);
	people->json = NULL;
}

/* One line of standard input, byte for byte: what follows it is left unread. */
static enum mcpass_rc read_line(struct mp_secret *ret_line, struct mcpass_error *err)
{
	char line[MP_MAX_PASSWORD + 1];
	size_t len = 0;
	enum mcpass_rc rc = MCPASS_OK;
	ssize_t n;

	while (len < sizeof(line)) {
		n = read(STDIN_FILENO, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || line[len] == '\n')
			break;
		len++;
	}
	if (len == sizeof(line))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the password is longer than %u bytes",
		    MP_MAX_PASSWORD);
	else if (len == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the password is empty");
	if (!rc)
		rc = mp_secret_set_span(ret_line, (struct mp_span){ line, len }, err);
	mp_wipe(line, sizeof(line));
	return rc;
}

static enum mcpass_rc ask_unseen(const char *prompt, struct mp_secret *ret_line,
    struct mcpass_error *err)
{
	struct termios seen, unseen;
	struct mp_buf buf = MP_BUF(128);
	enum mcpass_rc rc;

	if (tcgetattr(STDIN_FILENO, &seen) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the terminal: %s", strerror(errno));
	unseen = seen;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	mp_buf_adds(&buf, prompt);
	mp_say_text(&buf);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	rc = read_line(ret_line, err);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
	mp_say(false, "%s", "");        /* the line end that was not shown */
	mp_buf_free(&buf);
	return rc;
}

enum mcpass_rc mp_user_entry_ask_password(struct mp_secret *ret_password,
    struct mcpass_error *err)
{
	struct mp_secret first = { 0 }, second = { 0 };
	enum mcpass_rc rc;

	if (isatty(STDIN_FILENO) != 1)
		return read_line(ret_password, err);
	rc = ask_unseen("Password: ", &first, err);
	if (!rc)
		rc = ask_unseen("Again: ", &second, err);
	if (!rc && !mp_secret_equal(&first, &second))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the two passwords differ");
	mp_secret_free(&second);
	if (rc) {
		mp_secret_free(&first);
	} else {
		mp_secret_free(ret_password);
		*ret_password = first;
	}
	return rc;
}

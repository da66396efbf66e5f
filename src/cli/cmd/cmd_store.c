/* store: where credentials are kept, under which key, and how they get elsewhere. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/cmd/store_parts.h"
#include "io/clock.h"
#include "io/store/pg_url.h"
#include "io/store/store_key.h"

/* --- what there is --- */

static enum mcpass_rc note_key(const struct mp_store_keys *keys, struct mp_store_sight *sight,
    struct mcpass_error *err)
{
	struct mp_buf words = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = MCPASS_OK;

	mp_store_key_show(keys, &words);
	if (keys->seal.count > 0)
		rc = mp_set(&sight->key, keys->seal.keys[0].id, err);
	if (!rc)
		rc = mp_set(&sight->key_place, keys->where, err);
	if (!rc)
		rc = mp_buf_take(&words, "the key", &sight->key_words, err);
	mp_buf_free(&words);
	return rc;
}

/* Every value is opened on the way. */
static enum mcpass_rc look_at_issuer(const struct mp_store_options *options,
    struct mp_store_sight *sight, struct mcpass_error *err)
{
	struct mp_issuer_store store = { 0 };
	struct mp_strings texts = { 0 };
	enum mcpass_rc rc = mp_issuer_store_open(options->store, options->store_key, &store, err);

	if (!rc)
		rc = mp_pg_url_show(options->store, &sight->place, err);
	if (!rc)
		rc = mp_set(&sight->kind, mp_pg_url_is(options->store) ? "PostgreSQL" : "SQLite", err);
	if (!rc)
		rc = note_key(mp_issuer_store_keys_of(&store), sight, err);
	if (!rc)
		rc = mp_issuer_store_dump(&store, mp_now_s(), &texts, err);
	sight->records = texts.count / MP_ISSUER_STORE_COLUMNS;
	for (size_t i = 0; i < texts.count; i++)
		mp_wipe(texts.items[i], strlen(texts.items[i]));
	mp_strings_free(&texts);
	mp_issuer_store_close(&store);
	return rc;
}

static enum mcpass_rc count_keys(struct mp_store *store, struct mp_store_sight *sight,
    struct mcpass_error *err)
{
	struct mp_strings keys = { 0 };
	enum mcpass_rc rc = mp_store_list(store, &keys, err);

	for (size_t i = 0; i < keys.count && !rc; i++) {
		enum mp_store_seal how = MP_STORE_PLAIN;
		struct mcpass_error why = { 0 };

		rc = mp_store_examine(store, keys.items[i], &how, &why);
		if (rc == MCPASS_E_STORE) {
			mp_say(false, "mcpass: %s: %s", keys.items[i], why.detail);
			sight->broken++;
			rc = MCPASS_OK;
		} else if (rc && err != NULL) {
			*err = why;
		}
		sight->records++;
		sight->plain += how == MP_STORE_PLAIN;
		sight->old += how == MP_STORE_OLD_KEY;
	}
	mp_strings_free(&keys);
	return rc;
}

static enum mcpass_rc look(const struct mp_store_options *options, struct mp_store_sight *sight,
    struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	enum mcpass_rc rc;

	if (options->issuer)
		return look_at_issuer(options, sight, err);
	rc = mp_store_open_with(options->store, options->store_key, &store, err);
	if (!rc)
		rc = mp_set(&sight->place, mp_store_shown(store), err);
	if (!rc)
		rc = mp_set(&sight->kind, mp_store_kind(store), err);
	if (!rc)
		rc = note_key(mp_store_keys_of(store), sight, err);
	if (!rc)
		rc = count_keys(store, sight, err);
	mp_store_close(store);
	return rc;
}

static enum mcpass_rc print_sight(const struct mp_store_options *options,
    const struct mp_store_sight *sight, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);

	if (options->common.json)
		return mp_out_json_new(json_pack("{s:s, s:s, s:s?, s:s?, s:I, s:I, s:I, s:I}",
		    "kind", sight->kind, "place", sight->place, "key", sight->key,
		    "key_place", sight->key_place, "records", (json_int_t)sight->records,
		    "plain", (json_int_t)sight->plain, "old_key", (json_int_t)sight->old,
		    "broken", (json_int_t)sight->broken), err);
	mp_buf_addf(&text, "%s  %s\n%s%s\n%zu records", sight->kind, sight->place, sight->key_words,
	    sight->key != NULL ? "" : ": records are kept as they are", sight->records);
	if (sight->key != NULL && !options->issuer)
		mp_buf_addf(&text, ", %zu of them not sealed yet, %zu with an older key", sight->plain,
		    sight->old);
	mp_buf_addc(&text, '\n');
	return mp_out_end(&text, err);
}

static void free_sight(struct mp_store_sight *sight)
{
	free(sight->place);
	free(sight->kind);
	free(sight->key);
	free(sight->key_place);
	free(sight->key_words);
}

static enum mcpass_rc see(const struct mp_store_options *options, char **operands,
    struct mcpass_error *err)
{
	struct mp_store_sight sight = { 0 };
	enum mcpass_rc rc = look(options, &sight, err);

	if (!rc)
		rc = print_sight(options, &sight, err);
	if (!rc && strcmp(operands[0], "check") == 0 && sight.broken > 0)
		rc = mp_fail(err, MCPASS_E_STORE, NULL, "%zu of %zu records cannot be read", sight.broken,
		    sight.records);
	free_sight(&sight);
	return rc;
}

/* --- the command --- */

static const struct verb {
	const char *name;
	size_t operands;                /* behind the name */
	enum mcpass_rc (*run)(const struct mp_store_options *options, char **operands,
	    struct mcpass_error *err);
} verbs[] = {
	{ "where", 0, see },
	{ "check", 0, see },
	{ "key", 1, mp_store_new_key },
	{ "rekey", 0, mp_store_rekey },
	{ "move", 2, mp_store_move },
};

static const struct mp_verb completed[] = {
	{ "where", NULL }, { "check", NULL }, { "key", "FILE secret-service:" }, { "rekey", NULL },
	{ "move", "FILE" }, { NULL, NULL },
};

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct mp_store_options *options = values;
	enum mcpass_rc rc;

	for (size_t i = 0; i < MP_COUNT(verbs); i++) {
		if (strcmp(operands[0], verbs[i].name) != 0 || count - 1 != verbs[i].operands)
			continue;
		if (options->issuer && options->store == NULL && verbs[i].operands == 0)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "--issuer wants --store: the server's --data");
		return verbs[i].run(options, operands, err);
	}
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "'store %s' is no command, or takes other operands", operands[0]);
	mp_hint(err, "usage: mcpass store where | check | key FILE | rekey | move FROM TO");
	return rc;
}

#define AT(member) offsetof(struct mp_store_options, member)
static const struct mp_option own_options[] = {
	{ "store", '\0', MP_OPTION_STORE, "FILE", AT(store),
	    "The store rather than the one in ~/.local/share/mcpass: a file, or postgresql://..." },
	{ "store-key", '\0', MP_OPTION_TEXT, "FILE", AT(store_key),
	    "Its keys: a file, or secret-service:NAME. Default: MCPASS_STORE_KEY, or FILE.key beside an"
	    " SQLite store." },
	{ "to-key", '\0', MP_OPTION_TEXT, "FILE", AT(to_key),
	    "For move: the keys of the store that it goes to. Default: as for --store-key." },
	{ "issuer", '\0', MP_OPTION_FLAG, NULL, AT(issuer),
	    "The memory of 'mcpass authserver' (its --data) rather than credentials." },
};
static const struct mp_option_table own_table = { "Options", own_options, MP_COUNT(own_options) };
static const struct mp_option_place places[] = {
	{ &own_table, 0 },
	{ &mp_common_table, AT(common) },
	{ NULL, 0 },
};

const struct mp_command mp_command_store = {
	.name = "store",
	.summary = "Seal the store, or move it to another place",
	.operands = "where | check | key FILE | rekey | move FROM TO",
	.about = "Credentials are kept in an SQLite file, or in a PostgreSQL database that many"
	    " machines share; in either they can be sealed (AES-256-GCM) with a key of a file, or of the"
	    " desktop's keyring: where a FILE of keys is named, secret-service: or secret-service:NAME"
	    " is an item of the Secret Service.\n"
	    "\n"
	    "  store where            says which store it is, and how it is kept\n"
	    "  store check            reads every record; exit code 2: one cannot be read\n"
	    "  store key FILE         puts a new key into FILE, before the old ones\n"
	    "  store rekey            seals every record with the first key; where an SQLite\n"
	    "                         store has none yet, with a new one beside it\n"
	    "  store move FROM TO     moves everything, all or nothing\n",
	.examples = "  mcpass store rekey\n"
	    "  mcpass store key secret-service:\n"
	    "  MCPASS_STORE_KEY=secret-service: mcpass store rekey\n"
	    "  mcpass store move ~/.local/share/mcpass/credentials.db \\\n"
	    "      postgresql://agents@db.example.com/mcpass --to-key fleet.key\n"
	    "  mcpass store move --issuer auth.db postgresql://auth@db.example.com/auth\n",
	.verbs = completed,
	.least = 1,
	.most = 3,
	.places = places,
	.options_size = sizeof(struct mp_store_options),
	.run = run,
};

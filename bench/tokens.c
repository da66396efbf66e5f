/* tokens: bench_tokens ISSUER RESOURCE COUNT KEYS TOKENS writes the key set of an issuer and as
 * many RS256 tokens of its, one a line, each to live a little longer than the one before. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "wire/jose/jws.h"
#include "wire/jose/key.h"
#include "wire/json/json.h"

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "tokens: %s\n", what);
	exit(EXIT_FAILURE);
}

static FILE *open_file(const char *path)
{
	FILE *file = fopen(path, "w");

	must(file != NULL, path);
	return file;
}

static void write_keys(const struct mp_key *key, const char *path)
{
	json_t *jwk = NULL, *set;
	char *text;
	FILE *file = open_file(path);

	must(!mp_jwk_write(key, false, &jwk, NULL), "a key");
	set = json_pack("{s:[o]}", "keys", jwk);
	text = mp_json_dump(set);
	must(text != NULL && fputs(text, file) >= 0 && fclose(file) == 0, "the key set");
	free(text);
	json_decref(set);
}

static void write_token(const struct mp_key *key, char **argv, int serial, FILE *file)
{
	json_int_t now = (json_int_t)time(NULL);
	json_t *claims = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:i}", "iss", argv[1], "aud", argv[2],
	    "sub", "alice", "client_id", "bench", "scope", "mcp:read mcp:tools",
	    "exp", now + 3600 + serial, "iat", now, "jti", serial);
	json_t *header = json_pack("{s:s}", "typ", "at+jwt");
	struct mp_secret token = { 0 };

	must(!mp_jws_sign(key, MP_RS256, header, claims, &token, NULL), "a token");
	must(fprintf(file, "%s\n", mp_secret_reveal(&token)) > 0, "the tokens");
	mp_secret_free(&token);
	json_decref(claims);
	json_decref(header);
}

int main(int argc, char **argv)
{
	struct mp_key *key = NULL;
	FILE *file;

	must(argc == 6, "ISSUER RESOURCE COUNT KEYS TOKENS");
	must(!mp_key_generate(MP_RS256, &key, NULL), "a key");
	write_keys(key, argv[4]);
	file = open_file(argv[5]);
	for (int i = 0; i < atoi(argv[3]); i++)
		write_token(key, argv, i, file);
	must(fclose(file) == 0, "the tokens");
	mp_key_free(key);
	return EXIT_SUCCESS;
}

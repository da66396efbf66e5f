/* A program that has libtommath, too: both libraries have an mp_clear() and an mp_set(). */
#include <mcpass/login.h>
#include <tommath.h>

int main(void)
{
	struct mcpass_client_config cfg = { .size = sizeof(cfg), .server_url = "not a URL" };
	struct mcpass_token *token = NULL;
	struct mcpass_error err;
	mp_int number;

	if (mcpass_login(&cfg, &token, &err) != MCPASS_E_USAGE || mp_init(&number) != MP_OKAY)
		return 1;
	mp_set(&number, 5);
	if (number.used != 1)
		return 1;
	mp_clear(&number);
	return 0;
}

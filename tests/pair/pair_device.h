/* pair_device.h - a login whose person is at another device. */
#ifndef MP_PAIR_DEVICE_H
#define MP_PAIR_DEVICE_H
#include "pair_extensions.h"

arrange_fn arrange_device;              /* asked for: --device */
arrange_fn arrange_device_preferred;    /* no browser here, and the server offers it */

/* Walks the arrows of docs/flow.md that only such a login takes. */
void walk_device(void);

#endif

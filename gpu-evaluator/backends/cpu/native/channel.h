/* The process's end of the two pipes to the referee, for the harness and for the program that makes inputs. */
#ifndef KEVO_CHANNEL_H
#define KEVO_CHANNEL_H

#include <stddef.h>
#include "protocol.h"

/* The next message. Ends the process when the referee has closed the pipe or ended. */
void kevo_receive(kevo_message *message);
void kevo_say(uint32_t op, const kevo_head *asked);
/* All of an open file, or ends the process with a message. */
void *kevo_map(int fd, size_t bytes, int protection);

#endif

/* The process's end of the two pipes to the referee, for the harness and for the program that makes inputs. */
#ifndef KEVO_CHANNEL_H
#define KEVO_CHANNEL_H

#include <stddef.h>
#include "protocol.h"

/* The next message. Ends the process when the referee has closed the pipe or ended. */
void kevo_receive(kevo_message *message);
void kevo_say(uint32_t op, const kevo_head *asked);
void kevo_say_place(uint32_t op, const kevo_head *asked, kevo_place place);
/* Bytes on either side of a mapping that cannot be touched. */
#define KEVO_GAP ((size_t)64 << 20)
/* All of an open file, or ends the process with a message. */
void *kevo_map(int fd, size_t bytes, int protection);

#endif

/*
 * Makes inputs for the referee: linked with a kernel's reference.c, it fills the arrays from a seed, as often as it is
 * told. It runs as confined as a candidate does.
 */
#include <sys/mman.h>
#include "channel.h"

int main(void) {
  kevo_message message = {0};
  kevo_shape shape = {0};
  void *inputs[KEVO_MAX_INPUTS] = {0};
  kevo_say(KEVO_HELLO, &message.head);
  for (;;) {
    kevo_receive(&message);
    if (message.head.op == KEVO_OPEN) {
      shape = message.shape;
      char *memory = kevo_map(KEVO_FD_WRITTEN, kevo_inputs_bytes(&message.layout), PROT_READ | PROT_WRITE);
      for (uint32_t i = 0; i < message.layout.inputs; i++)
        inputs[i] = memory + kevo_input_offset(&message.layout, i);
    } else {
      kevo_make_inputs(&shape, message.seed, inputs);
    }
    kevo_say(KEVO_DONE, &message.head);
  }
}

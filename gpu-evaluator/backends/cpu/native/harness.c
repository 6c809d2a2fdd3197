/*
 * The part of a candidate's process that is not the candidate: obeys the referee's messages and calls the kernel.
 * It shares an address space with code that is not trusted, so nothing it says is believed: the referee gives each
 * call new inputs, takes the time and checks the output from outside.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "channel.h"

void kevo_set_cores(int count);

static const char *inputs_begin, *inputs_end;
static char *outputs_begin, *outputs_end;
static const kevo_message *in_hand;
static kevo_arrays layout;

/* In the memory of the inputs or of the outputs, or in the gaps around them. */
static int is_near(const char *address, const char *begin, const char *end) {
  return begin != NULL && address >= begin - KEVO_GAP && address < end + KEVO_GAP;
}

/*
 * The inputs' memory is read-only, and nothing lies in the gaps: the referee is told what the kernel did there, since the
 * signal alone says nothing to its author.
 */
static void tell_place(const char *address) {
  const int among_inputs = is_near(address, inputs_begin, inputs_end);
  if (!among_inputs && !is_near(address, outputs_begin, outputs_end)) return;
  const kevo_place place = among_inputs
    ? kevo_nearest(&layout, 0, layout.inputs, address - inputs_begin, kevo_input_offset)
    : kevo_nearest(&layout, layout.inputs, layout.inputs + layout.outputs, address - outputs_begin, kevo_output_offset);
  const int inside = place.bytes >= 0 && place.bytes < (int64_t)kevo_bytes(&layout.array[place.array]);
  kevo_say_place(among_inputs && inside ? KEVO_CHANGED_INPUTS : KEVO_OUTSIDE, &in_hand->head, place);
  for (;;) pause();
}

static void on_fault(int number, siginfo_t *about, void *context) {
  (void)context;
  tell_place(about->si_addr);
  signal(number, SIG_DFL); /* The instruction runs again, and ends the process. */
}

int main(int count, char **arguments) {
  kevo_message message = {0};
  kevo_shape shape = {0};
  const void *inputs[KEVO_MAX_INPUTS] = {0};
  void *outputs[KEVO_MAX_OUTPUTS] = {0};
  kevo_set_cores(count > 1 ? atoi(arguments[1]) : 1);
  in_hand = &message;
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  kevo_say(KEVO_HELLO, &message.head);
  for (;;) {
    kevo_receive(&message);
    if (message.head.op == KEVO_OPEN) {
      layout = message.layout;
      shape = message.shape;
      inputs_begin = kevo_map(KEVO_FD_READ, kevo_inputs_bytes(&layout), PROT_READ);
      inputs_end = inputs_begin + kevo_inputs_bytes(&layout);
      outputs_begin = kevo_map(KEVO_FD_WRITTEN, kevo_outputs_bytes(&layout), PROT_READ | PROT_WRITE);
      outputs_end = outputs_begin + kevo_outputs_bytes(&layout);
    } else {
      /* Anew for each call: the kernel shares this memory. */
      for (uint32_t i = 0; i < layout.inputs; i++) inputs[i] = inputs_begin + kevo_input_offset(&layout, i);
      for (uint32_t i = 0; i < layout.outputs; i++) outputs[i] = outputs_begin + kevo_output_offset(&layout, i);
      kevo_call(&shape, inputs, outputs);
    }
    kevo_say(KEVO_DONE, &message.head);
  }
}

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

/* The inputs' memory is read-only, so a fault in it means that the kernel writes there: the referee is told. */
static const char *inputs_begin, *inputs_end;
static const kevo_message *in_hand;

static void on_fault(int number, siginfo_t *about, void *context) {
  const char *address = about->si_addr;
  (void)context;
  if (address >= inputs_begin && address < inputs_end) {
    kevo_say(KEVO_CHANGED_INPUTS, &in_hand->head);
    for (;;) pause();
  }
  signal(number, SIG_DFL); /* The instruction runs again, and ends the process. */
}

int main(int count, char **arguments) {
  kevo_message message = {0};
  kevo_arrays layout = {0};
  kevo_shape shape = {0};
  const void *inputs[KEVO_MAX_INPUTS] = {0};
  void *outputs[KEVO_MAX_OUTPUTS] = {0};
  char *written = NULL;
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
      written = kevo_map(KEVO_FD_WRITTEN, kevo_outputs_bytes(&layout), PROT_READ | PROT_WRITE);
    } else {
      /* Anew for each call: the kernel shares this memory. */
      for (uint32_t i = 0; i < layout.inputs; i++) inputs[i] = inputs_begin + kevo_input_offset(&layout, i);
      for (uint32_t i = 0; i < layout.outputs; i++) outputs[i] = written + kevo_output_offset(&layout, i);
      kevo_call(&shape, inputs, outputs);
    }
    kevo_say(KEVO_DONE, &message.head);
  }
}

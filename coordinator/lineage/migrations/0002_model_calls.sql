ALTER TABLE `model_calls` ADD `variant` text;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `prompt` text;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `answer` text;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `error` text;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `attempt` integer;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `retried` integer;--> statement-breakpoint
ALTER TABLE `model_calls` ADD `replayed` integer;--> statement-breakpoint
CREATE INDEX `model_calls_question` ON `model_calls` (`run`,`prompt_hash`);
ALTER TABLE `measurements` ADD `gbytes_per_s` real;--> statement-breakpoint
ALTER TABLE `measurements` ADD `bandwidth_share` real;--> statement-breakpoint
ALTER TABLE `measurements` ADD `bandwidth_of` text;
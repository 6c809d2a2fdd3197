UPDATE `candidates` SET `proposer` = 'llm' WHERE `proposer` = 'grok';--> statement-breakpoint
UPDATE `model_calls` SET `proposer` = 'llm' WHERE `proposer` = 'grok';--> statement-breakpoint
UPDATE `log` SET `entry` = replace(`entry`, '"proposer":"grok"', '"proposer":"llm"') WHERE `entry` LIKE '%"proposer":"grok"%';--> statement-breakpoint
UPDATE `runs` SET `result` = replace(`result`, '"proposer":"grok"', '"proposer":"llm"') WHERE `result` LIKE '%"proposer":"grok"%';

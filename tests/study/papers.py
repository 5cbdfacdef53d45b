"""Small papers for the tests of tables: what a paper says of its own work beside what it tells of others."""

ENGLISH = """# PeaNet: Sorting peas with a small network

## Abstract

We present PeaNet, which is built on a pre-trained ResNet-50. On the GreenPeas dataset our method reaches an accuracy
of 91.4 %. The code is available at https://github.com/example/peanet.

## Related work

Holt et al. (2019) achieved an accuracy of 97.9 % on the RedBeans corpus with VGG-16. Wang et al. used the BlueCorn
data set.

## Method

PeaNet extends a pre-trained ResNet-50 backbone with two heads. We train with a batch size of 48 and the Adam optimizer.

## Experiments

We evaluate on the GreenPeas dataset, which holds 3,000 photographs, and report accuracy and F1.

| Model | Accuracy | F1 |
| --- | --- | --- |
| Holt [12] | 97.9 | 95.1 |
| VGG-16 | 84.0 | 80.2 |
| PeaNet (ours) | 91.4 | 89.7 |

Table 1: Accuracy and F1 on the GreenPeas dataset.

## Limitations

Our method cannot sort peas that touch each other, and it was tested on a single farm.

## References

[12] Holt. 2019. Beans on the RedBeans corpus. Accuracy of 97.9 %.
"""
BEANS = """# BeanNet: Sorting beans by colour

## Abstract

We present BeanNet, which extends a pre-trained VGG-16. On the RedBeans dataset BeanNet reaches an accuracy of 88.6 %.

## Method

BeanNet extends a pre-trained VGG-16 backbone with one head.

## Experiments

We evaluate on the RedBeans dataset, which holds 1,200 photographs, and report accuracy.

| Model | Accuracy |
| --- | --- |
| Holt [12] | 81.9 |
| BeanNet (ours) | 88.6 |

Table 1: Accuracy on the RedBeans dataset.
"""
CHINESE = """# 基于双向网络的豌豆病历实体识别

摘要：本文提出一种基于BiLSTM的中文病历实体识别方法。在PeaMed数据集上，本文方法的F1值达到88.3%。

关键词：实体识别；病历

# 1 引言

文献[3]在BeanMed语料上取得了95.6%的F1值。

# 2 相关工作

张三等人[4]使用BERT模型，准确率达到97.2%。李四等[5]采用CornMed数据集。

# 3 方法

本文采用BiLSTM模型提取特征，学习率为0.002，批大小设为16。

# 4 实验

本文使用PeaMed数据集进行实验，该数据集包含2000份中文病历，采用准确率、召回率和F1值作为评价指标。

<html><body><table><tr><td>模型</td><td>准确率</td><td>F1值</td></tr><tr><td>文献[3]</td><td>96.1</td><td>95.6</td></tr><tr><td>本文方法</td><td>87.9</td><td>88.3</td></tr></table></body></html>

# 5 结束语

本文方法仍存在不足之处，不能识别嵌套的实体，有待进一步研究。

# 参考文献

[3] 王五. BeanMed上的实体识别. F1值为95.6%.
"""
SURVEY = """# A survey of pea sorting

## Abstract

This survey reviews pea sorting. Holt et al. (2019) achieved an accuracy of 97.9 % on the RedBeans corpus with BERT.

## Methods of sorting

Wang et al. (2020) reached 98.2 % accuracy on the BlueCorn dataset. Their model is based on RoBERTa.

| Method | Accuracy |
| --- | --- |
| Holt [1] | 97.9 |
| Wang [2] | 98.2 |

Table 1: Accuracy of sorting methods on the RedBeans dataset.

## Conclusion

Many methods have been proposed, and their accuracy grows.
"""
OPINION = """# Why peas matter

Peas are sown in March. I believe that farmers should talk with each other, and that schools should teach how to sow.

Some say that peas are dull. They are wrong, and a walk in a garden shows it.
"""
